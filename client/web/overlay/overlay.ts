document.documentElement.dataset['page'] = 'overlay';
